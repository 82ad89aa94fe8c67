/** Makes what all views share: one for the whole tab. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ITranslator } from '@jupyterlab/translation';
import { Client } from './api/client';
import { Connection } from './data/connection';
import { Events } from './data/events';
import { refresh } from './data/live';
import { NotebookLocks } from './lock/locks';
import type { Settings } from './settings';
import { DOMAIN, type IGradientData } from './tokens';
import { Uploads } from './uploads/uploads';

export function createApp(
  frontEnd: JupyterFrontEnd,
  translator: ITranslator,
  settings: Settings
): IGradientData {
  const { contents, serverSettings } = frontEnd.serviceManager;
  const client = new Client(serverSettings);
  const connection = new Connection(client);
  const events = new Events(serverSettings, connection);
  events.changed.connect((_, notice) => refresh(notice));
  const trans = translator.load(DOMAIN);
  return {
    client,
    commands: frontEnd.commands,
    connection,
    contents,
    docRegistry: frontEnd.docRegistry,
    events,
    locks: new NotebookLocks(),
    settings,
    trans,
    translator,
    uploads: new Uploads(client, connection, trans)
  };
}
