/** A table from text: comma, tab, semicolon or pipe between cells, quoted as RFC 4180 has it. */

import { stopIfAborted } from '../slices';
import type { Parser, ParseResult } from 'papaparse';

export interface ITable {
  /** Names from the first line, made unique; columns without a name get one. */
  columns: string[];
  /** Each as long as `columns`; a missing cell is an empty string. */
  rows: string[][];
  /** Places where a quote does not close as it should. */
  problems: number;
}

const CHUNK = 256 * 1024; // characters parsed between two pauses

/** Parse in slices; `delimiter` is found out when empty. */
export async function parseTable(
  text: string,
  delimiter: string,
  signal: AbortSignal
): Promise<ITable> {
  const { parse } = await import('papaparse');
  const lines: string[][] = [];
  let problems = 0;
  await new Promise<void>((resolve, reject) => {
    parse<string[]>(text.replace(/\r?\n$/, ''), {
      delimiter,
      chunkSize: CHUNK,
      chunk: ({ data, errors }: ParseResult<string[]>, parser: Parser) => {
        data.forEach(line => lines.push(line));
        problems += errors.filter(({ type }) => type === 'Quotes').length;
        try {
          stopIfAborted(signal);
        } catch (stopped) {
          reject(stopped); // first: aborting the parser completes it
          parser.abort();
          return;
        }
        parser.pause();
        setTimeout(() => parser.resume());
      },
      complete: () => resolve(),
      error: reject
    });
  });
  return { ...shape(lines), problems };
}

function shape(lines: string[][]): { columns: string[]; rows: string[][] } {
  const [header = [], ...rest] = lines;
  const isBlank = (line: readonly string[]): boolean => line.length === 1 && line[0] === '';
  // In a table of one column an empty line is a missing value.
  const rows = header.length > 1 ? rest.filter(line => !isBlank(line)) : rest;
  const width = rows.reduce((most, row) => Math.max(most, row.length), header.length);
  for (const row of rows) {
    while (row.length < width) {
      row.push('');
    }
  }
  return { columns: isBlank(header) && width < 2 ? [] : names(header, width), rows };
}

function names(header: readonly string[], width: number): string[] {
  const seen = new Map<string, number>();
  return Array.from({ length: width }, (_, at) => {
    const base = header[at]?.trim() || `#${at + 1}`;
    const times = (seen.get(base) ?? 0) + 1;
    seen.set(base, times);
    return times === 1 ? base : `${base} (${times})`;
  });
}
