/** The widget of a dataset page: it holds what the page shows; the page itself is loaded when first needed. */

import { Signal, type ISignal } from '@lumino/signaling';
import React, { lazy, Suspense } from 'react';
import { Skeleton } from '../components/states';
import { AppWidget, UseSignal } from '../context';
import { datasetsIcon } from '../icons';
import type { IGradientData, IPageState } from '../tokens';

const Page = lazy(() => import('./page'));

export class DatasetPage extends AppWidget {
  constructor(app: IGradientData, state: IPageState) {
    super(app, () => (
      <Suspense fallback={<Skeleton rows={8} />}>
        <UseSignal signal={this.stateChanged}>
          {() => (
            <Page
              state={this.state}
              onState={change => this.go(change)}
              onName={name => (this.title.label = name)}
              onClose={() => this.parent?.close()}
            />
          )}
        </UseSignal>
      </Suspense>
    ));
    this._state = state;
    this.addClass('gd-Page');
    this.node.tabIndex = -1; // opened by keyboard, it has the focus: keys go on from its top
    this.title.icon = datasetsIcon;
    this.title.label = app.trans.__('Dataset');
    this.title.closable = true;
  }

  get state(): IPageState {
    return this._state;
  }

  get stateChanged(): ISignal<this, void> {
    return this._stateChanged;
  }

  /** Show another tab, version or folder; what is not said stays. */
  go(change: Partial<IPageState>): void {
    this._state = { ...this._state, ...change };
    this._stateChanged.emit();
  }

  private _state: IPageState;
  private _stateChanged = new Signal<this, void>(this);
}
