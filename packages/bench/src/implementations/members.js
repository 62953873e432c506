/** Members by name, kept by hand: the connections of a group or a client. @template T */
export class Members {
	/** @type {Set<T>} */
	all = new Set();
	/** @type {Map<string, Set<T>>} */
	#byName = new Map();

	/** @param {T} member @param {import("../plan.js").Addressee} addressee */
	add(member, { client, group }) {
		this.all.add(member);
		const name = client ?? group;
		if (name === undefined) return;
		const named = this.#byName.get(name);
		if (named === undefined) this.#byName.set(name, new Set([member]));
		else named.add(member);
	}

	/** @param {T} member @param {import("../plan.js").Addressee} addressee */
	delete(member, { client, group }) {
		this.all.delete(member);
		const name = client ?? group;
		if (name === undefined) return;
		const named = this.#byName.get(name);
		named?.delete(member);
		if (named?.size === 0) this.#byName.delete(name);
	}

	/** @param {string} name @returns {Iterable<T>} */
	named(name) {
		return this.#byName.get(name) ?? [];
	}
}
