import Testing

/// What a person with a phone, a keyboard or a screen reader needs of every page.
enum PageCheck {
    /// Records what is missing on the page that is shown.
    static func run(_ browser: Browser, _ name: String) async throws {
        for problem in try await browser.script(script).items { Issue.record("\(name): \(problem.text ?? "")") }
    }

    private static let script = #"""
        const problems = [];
        const isShown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
        const say = (element, what) =>
          problems.push(`${what}: <${element.tagName.toLowerCase()} class="${element.getAttribute("class") ?? ""}"> `
            + element.textContent.slice(0, 40));
        const all = (selector) => [...document.querySelectorAll(selector)];

        const width = document.documentElement.scrollWidth;
        if (width > innerWidth) problems.push(`wider than the screen: ${width}`);
        if (all("h1").length !== 1) problems.push(`${all("h1").length} headings of the first level`);
        if (all("main").length !== 1 || all("nav[aria-label]").length !== 1) problems.push("landmarks are missing");
        if (!document.documentElement.lang || !document.title) problems.push("no language or title");
        const ids = all("[id]").map((element) => element.id);
        for (const id of ids) {
          if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push(`two elements have the id ${id}`);
        }
        for (const element of all("input, select, textarea")) {
          const isLabelled = [...element.labels].some((label) => label.textContent.trim() !== "");
          if (isShown(element) && !isLabelled) say(element, "no label");
        }
        for (const element of all("button, a[href]")) {
          const name = element.getAttribute("aria-label") ?? element.textContent;
          if (isShown(element) && name.trim() === "") say(element, "no name");
        }
        for (const element of all("[aria-describedby], [aria-labelledby]")) {
          const named = ["aria-describedby", "aria-labelledby"].map((each) => element.getAttribute(each) ?? "");
          for (const id of named.join(" ").split(" ")) {
            if (id === "" || document.getElementById(id) !== null) continue;
            say(element, `names the element ${id}, which is not there`);
          }
        }
        for (const table of all("table")) {
          if (table.caption === null) say(table, "no caption");
          const titles = table.tHead.querySelectorAll("th[scope=col]").length;
          if (titles !== table.tHead.rows[0].cells.length) say(table, "columns without title");
        }
        for (const image of all("img")) if (image.getAttribute("alt") === null) say(image, "no alternative");

        const channels = (colour) => {
          const canvas = document.createElement("canvas");
          canvas.width = canvas.height = 1;
          const context = canvas.getContext("2d", { willReadFrequently: true });
          context.fillStyle = colour;
          context.fillRect(0, 0, 1, 1);
          return [...context.getImageData(0, 0, 1, 1).data];
        };
        const luminance = (colour) => {
          const [red, green, blue] = colour.slice(0, 3).map((value) => value / 255)
            .map((value) => value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4);
          return .2126 * red + .7152 * green + .0722 * blue;
        };
        const behind = (element) => {
          for (let each = element; each !== null; each = each.parentElement) {
            const colour = channels(getComputedStyle(each).backgroundColor);
            if (colour[3] > 250) return colour;
          }
          return [255, 255, 255];
        };
        const seen = new Set();
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
          const element = node.parentElement;
          if (node.textContent.trim() === "" || !isShown(element)) continue;
          if (element.closest(".unseen, svg, :disabled, script, option, noscript")) continue;
          const colour = channels(getComputedStyle(element).color);
          const pair = [luminance(colour), luminance(behind(element))].sort((one, other) => other - one);
          const contrast = (pair[0] + .05) / (pair[1] + .05);
          const key = `${element.className} ${contrast.toFixed(2)}`;
          if (contrast < 4.5 && !seen.has(key)) say(element, `contrast of ${contrast.toFixed(2)}`);
          seen.add(key);
        }
        return problems;
        """#
}
