/** What a user may change in JupyterLab's settings; described in `schema/core.json`. */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal, type ISignal } from '@lumino/signaling';
import { useCallback, useSyncExternalStore } from 'react';
import { useApp } from './context';

export const SORTS = ['name', 'modified', 'size'] as const;
export type Sort = (typeof SORTS)[number];

/** The same defaults as in the schema, for the time until it is loaded. */
const DEFAULTS = {
  sort: 'name' as Sort,
  showPublic: true,
  confirmTrash: true,
  notifyUploads: true
};

export type ISettings = typeof DEFAULTS;

export class Settings {
  /** Resolves when what the user has set is known. */
  readonly ready: Promise<void>;

  constructor(loading?: Promise<ISettingRegistry.ISettings>) {
    this.ready = this._load(loading);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get<K extends keyof ISettings>(key: K): ISettings[K] {
    return (this._settings?.composite[key] as ISettings[K] | undefined) ?? this._unsaved[key];
  }

  /** Change it, and remember it. */
  async set<K extends keyof ISettings>(key: K, value: ISettings[K]): Promise<void> {
    if (this._settings) {
      await this._settings.set(key, value);
    } else {
      this._unsaved = { ...this._unsaved, [key]: value };
      this._changed.emit();
    }
  }

  private async _load(loading?: Promise<ISettingRegistry.ISettings>): Promise<void> {
    try {
      this._settings = (await loading) ?? null;
    } catch (error) {
      console.warn('The settings of jupyter-gradient-data are not known.', error);
    }
    this._settings?.changed.connect(() => this._changed.emit());
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _settings: ISettingRegistry.ISettings | null = null;
  private _unsaved: ISettings = DEFAULTS;
}

/** A setting as it is now. */
export function useSetting<K extends keyof ISettings>(key: K): ISettings[K] {
  const { settings } = useApp();
  const subscribe = useCallback(
    (slot: () => void) => {
      settings.changed.connect(slot);
      return () => {
        settings.changed.disconnect(slot);
      };
    },
    [settings]
  );
  return useSyncExternalStore(subscribe, () => settings.get(key));
}
