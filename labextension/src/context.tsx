/** What every component may use, without handing it down. */

import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { createContext, useContext, type ReactNode } from 'react';
import type { IGradientData } from './tokens';

const Context = createContext<IGradientData | null>(null);

export function AppProvider(props: { app: IGradientData; children: ReactNode }): JSX.Element {
  return <Context.Provider value={props.app}>{props.children}</Context.Provider>;
}

export function useApp(): IGradientData {
  const app = useContext(Context);
  if (app === null) {
    throw new Error('There is no AppProvider above this component.');
  }
  return app;
}

export function useTrans(): TranslationBundle {
  return useApp().trans;
}

/** A widget whose content is a component that may call `useApp`. */
export class AppWidget extends ReactWidget {
  constructor(
    private _app: IGradientData,
    private _render: () => JSX.Element
  ) {
    super();
    this.addClass('gd-Root');
  }

  protected render(): JSX.Element {
    return <AppProvider app={this._app}>{this._render()}</AppProvider>;
  }
}

export { UseSignal };
