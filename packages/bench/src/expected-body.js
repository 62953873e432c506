// What every client of a run must receive, to the byte: the opening, then each event in order.

export class ExpectedBody {
	bytes;
	/** Where each piece ends: piece 0 is the opening, piece n the n-th event. @type {readonly number[]} */
	ends;

	/** @param {readonly string[]} pieces the opening and the blocks, none empty */
	constructor(pieces) {
		const buffers = pieces.map((piece) => Buffer.from(piece));
		this.bytes = Buffer.concat(buffers);
		let end = 0;
		this.ends = buffers.map((buffer) => {
			end += buffer.byteLength;
			return end;
		});
	}
}
