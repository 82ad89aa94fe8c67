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

/** A shell command after IPython's `!`, which replaces `{expression}` and `$name` first. */
export function ipython(command: string): string {
  return command.replace(/[{}]/g, '$&$&').replace(/\$(?=[\w.])/g, '$$$$');
}

/** A YAML scalar. */
export function yaml(text: string): string {
  return JSON.stringify(text); // JSON is YAML
}
