/** The uploads of this tab. What moves them is loaded when there is something to upload, or to go on with. */

import { UUID } from '@lumino/coreutils';
import { Signal, type ISignal } from '@lumino/signaling';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Client, IVersionRef } from '../api/client';
import { ApiError } from '../api/request';
import type { Connection } from '../data/connection';
import type { Engine } from './engine';
import { Job } from './job';
import type { IUpload, IUploads, Sources } from './tokens';

const MARK = 'jupyter-gradient-data:uploads:';
const INTERVAL = 250; // milliseconds between two emissions of `changed`

/** What the engine needs of its surroundings. */
export interface IHost {
  readonly client: Client;
  readonly connection: Connection;
  readonly trans: TranslationBundle;
  /** Name of what is kept in the browser. */
  readonly name: string;
  /** An upload of before the reload. */
  restore(job: Job): void;
  newJob(id: string, ref: IVersionRef, target: string, title: string): Job;
  ended(job: Job): void;
  /** Whether anything is kept, for the next time. */
  mark(isKept: boolean): void;
}

export class Uploads implements IUploads {
  readonly changed: ISignal<IUploads, void>;
  readonly ended: ISignal<IUploads, IUpload>;

  constructor(
    private _client: Client,
    private _connection: Connection,
    private _trans: TranslationBundle
  ) {
    this.changed = this._changed = new Signal<IUploads, void>(this);
    this.ended = this._ended = new Signal<IUploads, IUpload>(this);
    this._name = MARK + _client.settings.baseUrl;
    if (isMarked(this._name)) {
      this._load().catch(error => console.error('Uploads cannot be continued.', error));
    }
  }

  get all(): readonly IUpload[] {
    return this._jobs;
  }

  add(ref: IVersionRef, target: string, title: string, sources: Sources): IUpload {
    const same = this._jobs.find(
      job => job.waitsFor && isEqual(job.ref, ref) && job.target === target && job.title === title
    );
    if (same) {
      this.continueWith(same.id, sources);
      return same;
    }
    const job = this._newJob(UUID.uuid4(), ref, target, title);
    this._jobs = [job, ...this._jobs];
    this._load().then(
      engine => engine.begin(job, sources),
      reason => {
        this._engine = null; // the next one tries again to load it
        job.set('failed', { error: ApiError.of(reason) });
        this._ended.emit(job);
      }
    );
    this._touch();
    return job;
  }

  pause(id: string): void {
    this._with(engine => engine.pause(id));
  }

  resume(id: string): void {
    this._with(engine => engine.resume(id));
  }

  cancel(id: string): void {
    this._with(engine => engine.cancel(id));
  }

  retry(id: string, path?: string): void {
    this._with(engine => engine.retry(id, path));
  }

  continueWith(id: string, sources: Sources | null): void {
    this._with(engine => engine.continueWith(id, sources));
  }

  dismiss(id: string): void {
    this._jobs = this._jobs.filter(job => job.id !== id || !job.hasEnded);
    this._with(engine => engine.dismiss(id));
    this._touch();
  }

  settled(ref: IVersionRef): Promise<void> {
    const isSettled = (): boolean => !this._jobs.some(job => isEqual(job.ref, ref) && job.isMoving);
    return new Promise(resolve => {
      const look = (): void => {
        if (isSettled()) {
          this._changed.disconnect(look);
          resolve();
        }
      };
      this._changed.connect(look);
      look();
    });
  }

  private _with(work: (engine: Engine) => void): void {
    this._engine?.then(work, () => undefined); // who began to load it has told of the error
  }

  private _load(): Promise<Engine> {
    this._engine ??= import('./engine').then(({ Engine }) => Engine.open(this._host()));
    return this._engine;
  }

  private _host(): IHost {
    return {
      client: this._client,
      connection: this._connection,
      trans: this._trans,
      name: this._name,
      newJob: (...job) => this._newJob(...job),
      restore: job => {
        this._jobs = [...this._jobs, job];
        this._touch();
      },
      ended: job => {
        this._ended.emit(job);
        this._touch();
      },
      mark: isKept => mark(this._name, isKept)
    };
  }

  private _newJob(id: string, ref: IVersionRef, target: string, title: string): Job {
    return new Job(id, ref, target, title, () => this._touch());
  }

  /** Emit `changed`, soon. */
  private _touch(): void {
    this._timer ??= window.setTimeout(() => {
      this._timer = null;
      this._changed.emit();
    }, INTERVAL);
  }

  private _changed: Signal<IUploads, void>;
  private _ended: Signal<IUploads, IUpload>;
  private _engine: Promise<Engine> | null = null;
  private _jobs: readonly Job[] = [];
  private _name: string;
  private _timer: number | null = null;
}

function isEqual(one: IVersionRef, other: IVersionRef): boolean {
  return one.dataset === other.dataset && one.version === other.version;
}

/** Whether uploads are kept in the database; asked at every start, so it may not need a library. */
function isMarked(name: string): boolean {
  try {
    return window.localStorage.getItem(name) !== null;
  } catch {
    return false; // where nothing may be kept, nothing is
  }
}

function mark(name: string, isKept: boolean): void {
  try {
    if (isKept) {
      window.localStorage.setItem(name, '1');
    } else {
      window.localStorage.removeItem(name);
    }
  } catch {
    // The user does not want anything to be kept.
  }
}
