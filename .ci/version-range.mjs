// Ranges of versions, in the forms that the manifests here have: `^a.b.c` and `>=a.b.c`, joined by `||`.

const FORM = /^(\^|>=)(\d+)\.(\d+)\.(\d+)$/;

/** Whether the range allows the version. Throws at a range in another form. @param {string} range @param {string} version */
export function allows(range, version) {
	const [major = 0, minor = 0, patch = 0] = version
		.split(".")
		.map((part) => Number.parseInt(part, 10));
	return range.split("||").some((part) => {
		const form = FORM.exec(part.trim());
		if (form === null) throw new Error(`${range} is a range in an unknown form`);
		const [fromMajor = 0, fromMinor = 0, fromPatch = 0] = form.slice(2).map(Number);
		if (major !== fromMajor) return form[1] === ">=" && major > fromMajor;
		// What breaks is in the first number that is not 0.
		if (minor !== fromMinor) return (form[1] === ">=" || major > 0) && minor > fromMinor;
		if (form[1] === "^" && major === 0 && minor === 0) return patch === fromPatch;
		return patch >= fromPatch;
	});
}
