/**
 * Rules of groups, by name. A name that ends with `*` is a pattern: its rule is for every group that begins with what precedes it
 * and has no rule of its own name or of a longer pattern.
 */

export class GroupRules<Rule> extends Map<string, Rule> {
	/** Longest first. */
	#patterns: readonly (readonly [prefix: string, name: string])[] = [];

	override set(name: string, rule: Rule): this {
		if (name.endsWith("*") && !this.has(name)) {
			const all = [...this.#patterns, [name.slice(0, -1), name] as const];
			this.#patterns = all.sort(([one], [other]) => other.length - one.length);
		}
		return super.set(name, rule);
	}

	/** The name of the rule that a group has. Called with each event: allocates nothing. */
	nameFor(group: string): string | undefined {
		if (this.has(group)) return group;
		for (const [prefix, name] of this.#patterns) if (group.startsWith(prefix)) return name;
		return undefined;
	}

	for(group: string): Rule | undefined {
		const name = this.nameFor(group);
		return name === undefined ? name : this.get(name);
	}
}
