/**
 * What the model has read.
 */

/** @type {readonly { about: RegExp, text: string }[]} */
export const TOPICS = [
	{
		about: /\b(break|breaks|reload|resume|connection|lose|lost|outlive)/i,
		text: `An answer breaks off when it is tied to the connection that asked for it. The page reloads, the laptop sleeps, a proxy has had enough after sixty seconds: the request is gone, and the answer with it. You have paid for the tokens, and nobody has read them.

## Separate the two

A **run** is an answer with an id of its own. One side writes it, any number of readers follow it:

\`\`\`js
await runs.start(id, async function* ({ signal }) {
  yield* model.answer(question, { signal });
});

await runs.follow(id, { req, res });
\`\`\`

1. **Reload the page.** The new page asks for the run, receives what has been written so far in *one* event, and then each word as it comes.
2. **Open a second tab.** It follows the same run. The model is asked once.
3. **Press stop in either tab.** The run ends for both, in whichever process it is written.
4. **Kill that process.** Its lease ends, every reader learns that the answer has failed, and another process can start it again.

What never happens is silence: a reader receives every event once and in order up to the end, or learns what is missing.`,
	},
	{
		about: /\blisbon\b|\bweekend\b|\btrip\b/i,
		text: `Two days are enough to fall for Lisbon, if you walk slowly and take the hills as they come.

## Saturday

1. **Morning in Alfama.** Start at the *Miradouro de Santa Luzia* before nine, when the light is low and the tiles are still cool. Walk down without a map. Every lane ends at the river.
2. **Lunch at the market.** Grilled sardines, bread, a glass of vinho verde. Skip the places with pictures on the menu.
3. **Afternoon in Belém.** The monastery first, then the tower, then two warm *pastéis de nata*. Three, if you have climbed the tower.
4. **Evening in Bairro Alto.** Dinner late, as everyone does, and a small room with fado.

## Sunday

1. **Tram 28, early.** After ten it is full; before nine it is the best museum in town.
2. **Café in Graça**, with the whole city below the terrace.
3. **The ferry to Cacilhas.** Ten minutes, less than two euros, and the finest view of Lisbon is from the other side.

**Take with you:** shoes with soles that grip. The pavements are polished limestone, and they have opinions.`,
	},
	{
		about: /\bstory\b|\blighthouse\b|\btale\b/i,
		text: `## The keeper of the small light

On an island that had no name on any chart there stood a lighthouse, and in it lived a keeper called Inês. Every evening she climbed ninety-one steps and lit the lamp. Every morning she climbed them again and put it out. No ship had come by for eleven years.

"Why do you light it?" asked the boy who brought her oil. "Nobody is looking."

"That is not how a light works," said Inês. "It does not wait to be looked at. If I lit it only when I saw a ship, the ship would already be on the rocks."

One night in November the wind took the door, the rain took the stairs, and the boy had to climb in by the window. He found her by the lamp, wet to the bone, turning the glass by hand. *Ninety-one turns an hour.* They took it in turns until dawn.

In the morning the sea was flat and grey, and at the edge of it lay a ship with a broken mast. Her captain rowed over in the only boat that was left.

"We lost you twice," he said. "Behind the waves, for minutes at a time. But whenever we looked again, you were exactly where you had to be."

Inês put out the lamp. "Yes," she said. "That is the whole of the job."`,
	},
	{
		about: /\bevent stream|\bserver-sent|\bsse\b|\bwebsocket/i,
		text: `A **server-sent event stream** is an HTTP response that does not end. The server writes a line when it has something to say, the browser reads lines as they come.

\`\`\`
id: 42
event: delta
data: {"text":"Hello"}
\`\`\`

That is all of it, and that is why it lasts:

- **Plain HTTP.** Every proxy, load balancer and log understands it. There is no upgrade, and no protocol of its own.
- **It reconnects.** The browser reconnects by itself, and sends the id of the last event that it received. The server continues after that one, *if it can prove that nothing is missing*.
- **One direction.** What goes the other way is an ordinary request, with its own status, cookies and limits.

Choose a WebSocket when both sides talk at once, as in a game. For answers, prices, progress and notices, a stream of events is less to build, and much less to operate.`,
	},
];
