/** How versions are named where one is chosen. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Version } from '../api/types';
import { ago } from '../format';

/** `mkl7cw2 · production · More roses · 3 hours ago` */
export function versionLabel(version: Version, trans: TranslationBundle): string {
  const { committed, created, message, state, tags } = version;
  const parts = [
    version.version,
    state === 'committed' ? tags.join(', ') : trans.__('uncommitted'),
    message.split('\n')[0],
    ago(committed ?? created)
  ];
  return parts.filter(Boolean).join(' · ');
}
