/**
 * What of a page's text does not stand out.
 */

/** Runs in the page. Text whose contrast is below 4.5 (WCAG 2.2, 1.4.3), each with its contrast. */
export function weakContrasts(): string[] {
	const paper = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	if (paper === null) throw new Error("This browser has no canvas");
	/** Of what stands on one another: a tint lets through what is below. */
	const luminance = (colors: readonly string[]): number => {
		for (const color of ["white", ...colors]) {
			paper.fillStyle = color;
			paper.fillRect(0, 0, 1, 1);
		}
		const [r = 0, g = 0, b = 0] = Array.from(paper.getImageData(0, 0, 1, 1).data, (each) => {
			const part = each / 255;
			return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
		});
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const groundsOf = (element: Element): string[] => {
		const grounds: string[] = [];
		for (let at: Element | null = element; at !== null; at = at.parentElement) {
			grounds.unshift(getComputedStyle(at).backgroundColor);
		}
		return grounds;
	};
	const weak: string[] = [];
	for (const element of document.querySelectorAll("main *, header *")) {
		const isText = [...element.childNodes].some(
			(node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== "",
		);
		if (!isText || !element.checkVisibility()) continue;
		const grounds = groundsOf(element);
		const one = luminance(grounds);
		const other = luminance([...grounds, getComputedStyle(element).color]);
		const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
		if (contrast < 4.5) weak.push(`${element.textContent?.slice(0, 30)}: ${contrast.toFixed(2)}`);
	}
	return weak;
}
