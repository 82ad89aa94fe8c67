/** Any text as a literal of another language. */

const PLAIN_WORD = /^[\w./:=@%+,][\w./:=@%+,-]*$/;

/** A Python string. */
export function python(text: string): string {
  return JSON.stringify(text); // whose escapes Python has, too
}

/** One word for a POSIX shell. */
export function shell(text: string): string {
  return PLAIN_WORD.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;
}

/**
 * A shell command after IPython's `!`, which replaces `{expression}` and `$name` first.
 *
 * It leaves a `$name` alone, and a `$$name` as it is, where an odd number of single quotes follows up to the next brace.
 */
export function ipython(command: string): string {
  return command
    .replace(/\$(?=[\w.])/g, (dollar, at: number) => {
      const [rest] = command.slice(at).split(/[{}]/);
      return rest.split("'").length % 2 === 1 ? '$$' : dollar;
    })
    .replace(/[{}]/g, '$&$&');
}

/** A YAML scalar. */
export function yaml(text: string): string {
  return JSON.stringify(text); // JSON is YAML
}
