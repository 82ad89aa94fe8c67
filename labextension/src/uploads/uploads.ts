/** The uploads of this tab. */

import { Signal, type ISignal } from '@lumino/signaling';
import type { Client, IVersionRef } from '../api/client';
import type { Connection } from '../data/connection';
import type { IUpload, IUploads, Sources } from './tokens';

export class Uploads implements IUploads {
  readonly all: readonly IUpload[] = [];
  readonly changed: ISignal<IUploads, void> = new Signal<IUploads, void>(this);

  constructor(
    readonly client: Client,
    readonly connection: Connection
  ) {}

  add(_ref: IVersionRef, _target: string, _title: string, _sources: Sources): IUpload {
    throw new Error('to be built');
  }
  pause(_id: string): void {}
  resume(_id: string): void {}
  cancel(_id: string): void {}
  retry(_id: string, _path?: string): void {}
  continueWith(_id: string, _sources: Sources): void {}
  dismiss(_id: string): void {}
  async settled(_ref: IVersionRef): Promise<void> {}
}
