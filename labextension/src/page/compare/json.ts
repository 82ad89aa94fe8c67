/** JSON in one way of writing it, so that only what it says can differ. */

/** A number that JavaScript would round: kept as it is written. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const EXACT_DIGITS = 15;
const MARK = '\uE000';
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');

/**
 * The same JSON with sorted keys and two spaces of indent.
 *
 * @throws SyntaxError - It is not JSON.
 */
export function canonicalJson(text: string): string {
  JSON.parse(text); // as it is: what follows may repair it
  const value: unknown = JSON.parse(
    text.replace(TOKEN, token => {
      const digits = token
        .replace(/[eE].*$/, '')
        .replace(/\D/g, '')
        .replace(/^0+/, '').length;
      return token[0] !== '"' && digits > EXACT_DIGITS ? `"${MARK}${token}"` : token;
    })
  );
  return JSON.stringify(sorted(value), null, 2).replace(MARKED, '$1');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([name, item]) => [name, sorted(item)]));
  }
  return value;
}
