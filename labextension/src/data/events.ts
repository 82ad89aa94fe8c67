/** What changes on the server, through whichever client: our part of Jupyter's event stream. */

import { EventManager, type Event, type ServerConnection } from '@jupyterlab/services';
import { Signal, type ISignal } from '@lumino/signaling';
import type { TaskInfo } from '../api/types';
import type { Connection } from './connection';

const SCHEMA = /^https:\/\/schema\.jupyter\.org\/jupyter_gradient_data\/(\w+)\//;

export type Thing =
  'dataset' | 'version' | 'tag' | 'provider' | 'mount' | 'output' | 'public' | 'workspace' | 'task';

/** Something changed: look at it again. */
export interface INotice {
  thing: Thing;
  action: string;
  /**
   * Dataset id, `<dataset>:<version>`, `<dataset>:<tag>`, provider id, task id, `<notebook>/<name>` of a mount or
   * output, name of a public dataset, notebook of a workspace.
   */
  subject: string;
}

/** A task began, moved on or ended. */
export interface ITaskNotice extends INotice {
  kind: string;
  /** Reference or id of what it works on. */
  about: string;
  state: TaskInfo['state'];
  progress: TaskInfo['progress'];
  error: TaskInfo['error'];
}

export function isTaskNotice(notice: INotice): notice is ITaskNotice {
  return notice.thing === 'task';
}

/** Emits a notice for each of our events; begins anew when the server has been away. */
export class Events {
  constructor(
    private _settings: ServerConnection.ISettings,
    connection: Connection
  ) {
    this._listen();
    connection.changed.connect(this._onConnection, this);
  }

  /** What changed; null when anything may have, because nobody listened for a while. */
  get changed(): ISignal<this, INotice | null> {
    return this._changed;
  }

  dispose(): void {
    this._manager?.dispose();
    Signal.clearData(this);
  }

  private _listen(): void {
    // Of our own: Jupyter's may wait half a minute until it connects again.
    this._manager = new EventManager({ serverSettings: this._settings, standby: 'never' });
    this._manager.stream.connect(this._onEvent, this);
  }

  private _onConnection(_: Connection, state: string): void {
    if (state === 'ok') {
      this._manager?.dispose();
      this._listen();
      this._changed.emit(null);
    }
  }

  private _onEvent(_: Event.IManager, event: Event.Emission): void {
    const thing = SCHEMA.exec(event.schema_id)?.[1];
    if (thing) {
      this._changed.emit({ ...event, thing } as unknown as INotice);
    }
  }

  private _changed = new Signal<this, INotice | null>(this);
  private _manager: EventManager | null = null;
}
