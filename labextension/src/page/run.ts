/** Commands that controls of the page run. */

import { Notification } from '@jupyterlab/apputils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { ApiError } from '../api/request';
import type { IGradientData } from '../tokens';

/** Run a command; what goes wrong is shown. Resolves to what it gave, to null when it failed. */
export async function run<T>(
  app: IGradientData,
  command: string,
  args: ReadonlyPartialJSONObject
): Promise<T | null> {
  try {
    return (await app.commands.execute(command, args)) as T;
  } catch (error) {
    showError(error);
    return null;
  }
}

/** Show what went wrong where no place of its own is left for it. */
export function showError(reason: unknown): void {
  const { message, hint } = ApiError.of(reason);
  Notification.error(`${message} ${hint}`.trim(), { autoClose: 10_000 });
}
