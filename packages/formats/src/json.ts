/**
 * The first key that an object in `json` has twice, at any depth, or undefined. JSON.parse keeps the last of them and says
 * nothing. `json` must be what JSON.parse accepts.
 */
export function findDuplicateKey(json: string): string | undefined {
  // The keys of every object the scan is inside of; undefined for an array.
  const open: (Set<string> | undefined)[] = [];
  let lastString = "";
  for (let i = 0; i < json.length; i++) {
    switch (json[i]) {
      case "{":
        open.push(new Set());
        break;
      case "[":
        open.push(undefined);
        break;
      case "}":
      case "]":
        open.pop();
        break;
      case '"': {
        const start = i++;
        for (; json[i] !== '"'; i++) if (json[i] === "\\") i++;
        lastString = json.slice(start, i + 1);
        break;
      }
      case ":": {
        // Parsed, because "a" and "\u0061" are one key.
        const key: string = JSON.parse(lastString);
        const keys = open.at(-1);
        if (keys?.has(key)) return key;
        keys?.add(key);
        break;
      }
    }
  }
  return undefined;
}
