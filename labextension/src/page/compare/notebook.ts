/** A notebook as text: what its cells say, without outputs. */

interface ICell {
  cell_type?: unknown;
  source?: unknown;
}

/**
 * The sources of all cells, each below a line that says what it is, as Jupytext writes them.
 *
 * @throws SyntaxError - It is not a notebook.
 */
export function notebookText(text: string): string {
  const { cells } = (JSON.parse(text) ?? {}) as { cells?: ICell[] };
  if (!Array.isArray(cells)) {
    throw new SyntaxError('A notebook has a list of cells.');
  }
  return cells
    .map(({ cell_type, source }) => {
      const kind = cell_type === 'code' ? '' : ` [${String(cell_type)}]`;
      const lines = Array.isArray(source) ? source.join('') : String(source ?? '');
      return `# %%${kind}\n${lines.replace(/\n?$/, '\n')}`;
    })
    .join('\n');
}
