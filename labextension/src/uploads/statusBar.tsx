/** Uploads in the status bar, while anything runs. */

import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';
import { AppProvider, useApp, useTrans } from '../context';
import { bytes } from '../format';
import { CommandIDs, type IGradientData } from '../tokens';
import { useUploads } from './useUploads';
import type { IUpload } from './tokens';

export class UploadsStatus extends ReactWidget {
  constructor(private _app: IGradientData) {
    super();
    this.addClass('gd-UploadsStatus');
  }

  get isActive(): boolean {
    return this._app.uploads.all.some(isMoving);
  }

  protected render(): JSX.Element {
    return (
      <AppProvider app={this._app}>
        <Status />
      </AppProvider>
    );
  }
}

function Status(): JSX.Element | null {
  const { commands } = useApp();
  const trans = useTrans();
  const moving = useUploads().filter(isMoving);
  if (moving.length === 0) {
    return null;
  }
  return (
    <button
      type="button"
      className="gd-UploadsStatus-button"
      title={trans.__('Show the uploads')}
      onClick={() => void commands.execute(CommandIDs.showUploads)}
    >
      {textOf(moving, trans)}
    </button>
  );
}

function textOf(moving: readonly IUpload[], trans: ReturnType<typeof useTrans>): string {
  if (moving.every(({ isOffline }) => isOffline)) {
    return trans.__('Upload waits for the server');
  }
  const total = sum(moving.map(({ bytesTotal }) => bytesTotal));
  if (moving.some(({ state }) => state === 'scanning') || total === 0) {
    return trans.__('Uploading…');
  }
  const percent = Math.floor((100 * sum(moving.map(({ bytesDone }) => bytesDone))) / total);
  const rate = sum(moving.map(upload => upload.rate));
  return rate > 0
    ? trans.__('Uploading %1 % · %2/s', percent, bytes(rate))
    : trans.__('Uploading %1 %', percent);
}

function isMoving({ state }: IUpload): boolean {
  return state === 'running' || state === 'scanning';
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
