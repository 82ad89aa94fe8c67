/** A dialog that stays open until what it asks for has been done: errors show in it, and nothing typed is lost. */

import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Signal } from '@lumino/signaling';
import React, { useCallback, useSyncExternalStore, type ReactNode } from 'react';
import { ApiError } from '../api/request';
import { ProgressBar } from '../components/small';
import { ErrorMessage } from '../components/states';
import { AppProvider } from '../context';
import type { IGradientData } from '../tokens';
import { keepFocus } from './keepFocus';

/** What is being done, in words, and which part of it is finished (null when that is not known). */
export interface IStatus {
  words: string;
  done: number | null;
}

/** What the fields of a form get. */
export interface IFields<V> {
  values: V;
  set: (change: Partial<V>) => void;
  /** Whether the request is under way: fields should not be changed now. */
  isBusy: boolean;
  /** Why the last try failed. */
  error: ApiError | null;
  /** Take the error away: something else is being tried. */
  clear: () => void;
  /** The same as a press on the button. */
  submit: () => void;
}

/** What doing it may use. */
export interface ISubmission {
  /** Aborted when the user cancels meanwhile. */
  signal: AbortSignal;
  say: (status: IStatus) => void;
}

export interface IFormOptions<V, R> {
  title: string;
  /** The verb on the button that does it. */
  accept: string;
  isDangerous?: boolean;
  initial: V;
  /** Whether there is enough to try. */
  isComplete?: (values: V) => boolean;
  fields: (form: IFields<V>) => ReactNode;
  /** Does it; what it throws is shown, and the dialog stays. */
  submit: (values: V, submission: ISubmission) => Promise<R>;
}

/** Show the dialog; resolves to what `submit` gave, or to null when the user cancelled. */
export async function showForm<V extends object, R>(
  app: IGradientData,
  options: IFormOptions<V, R>
): Promise<R | null> {
  const { trans } = app;
  const body = new FormBody(app, options);
  const accept = options.isDangerous
    ? Dialog.warnButton({ label: options.accept })
    : Dialog.okButton({ label: options.accept });
  const dialog = new FormDialog(
    {
      title: options.title,
      body,
      buttons: [Dialog.cancelButton({ label: trans.__('Cancel') }), accept],
      focusNodeSelector: 'input:enabled, textarea:enabled, select:enabled'
    },
    body
  );
  try {
    await dialog.launch();
  } finally {
    body.cancel();
  }
  return body.result;
}

class FormDialog<V extends object, R> extends Dialog<unknown> {
  constructor(
    options: Partial<Dialog.IOptions<unknown>>,
    private _form: FormBody<V, R>
  ) {
    super(options);
    this.addClass('gd-FormDialog');
    _form.changed.connect(this._update, this);
    _form.submitted.connect(() => this.resolve(), this);
    this._update();
    const content = this.node.querySelector<HTMLElement>('.jp-Dialog-content') ?? this.node;
    content.tabIndex = -1;
    this.disposed.connect(keepFocus(this.node, content)); // fields are disabled while it is being done
  }

  /** Cancel closes at once; the other button only when it has been done. */
  resolve(index?: number): void {
    if (index === 0) {
      super.resolve(index);
    } else if (this._form.canSubmit) {
      void this._form.submit().then(isDone => {
        if (isDone) {
          super.resolve(1);
        }
      });
    }
  }

  /** Enter begins a line in a text area and presses the button that has the focus, also one in the body. */
  handleEvent(event: Event): void {
    const isEnter = event instanceof KeyboardEvent && event.key === 'Enter';
    const inBody = event.target instanceof Element && event.target.closest('.jp-Dialog-body');
    if (isEnter && inBody && event.target.closest('textarea, button, summary')) {
      event.stopPropagation();
      return;
    }
    super.handleEvent(event);
  }

  private _update(): void {
    const buttons = this.node.querySelectorAll<HTMLButtonElement>('.jp-Dialog-footer button');
    const accept = buttons[buttons.length - 1];
    accept.disabled = !this._form.canSubmit;
    accept.classList.toggle('gd-mod-busy', this._form.isBusy);
  }
}

class FormBody<V extends object, R> extends ReactWidget {
  readonly changed = new Signal<this, void>(this);
  readonly submitted = new Signal<this, void>(this);
  result: R | null = null;

  constructor(
    private _app: IGradientData,
    private _options: IFormOptions<V, R>
  ) {
    super();
    this.addClass('gd-Form');
    this._values = _options.initial;
  }

  get isBusy(): boolean {
    return this._isBusy;
  }

  /** Another number after each change. */
  get revision(): number {
    return this._revision;
  }

  get canSubmit(): boolean {
    return !this._isBusy && (this._options.isComplete?.(this._values) ?? true);
  }

  async submit(): Promise<boolean> {
    this._change({ isBusy: true, error: null, status: null });
    const { signal } = this._cancelled;
    const say = (status: IStatus): void => this._change({ status });
    try {
      const result = await this._options.submit(this._values, { signal, say });
      this.result = signal.aborted ? null : result;
    } catch (error) {
      this._change({ isBusy: false, error: ApiError.of(error), status: null });
      return false;
    }
    return true;
  }

  /** The dialog is closed: stop what is under way. */
  cancel(): void {
    this._cancelled.abort();
  }

  protected render(): JSX.Element {
    return (
      <AppProvider app={this._app}>
        <Body body={this} />
      </AppProvider>
    );
  }

  /** The fields as they are now. */
  draw(): ReactNode {
    const form: IFields<V> = {
      values: this._values,
      set: change => {
        this._values = { ...this._values, ...change };
        this._change({});
      },
      isBusy: this._isBusy,
      error: this._error,
      clear: () => this._change({ error: null }),
      submit: () => this.submitted.emit()
    };
    return (
      <>
        {this._options.fields(form)}
        <Status status={this._status} />
        {this._error && (
          // In a long form it would be out of sight.
          <div ref={node => node?.scrollIntoView({ block: 'nearest' })}>
            <ErrorMessage error={this._error} />
          </div>
        )}
      </>
    );
  }

  private _change(change: {
    isBusy?: boolean;
    error?: ApiError | null;
    status?: IStatus | null;
  }): void {
    this._isBusy = change.isBusy ?? this._isBusy;
    this._error = change.error === undefined ? this._error : change.error;
    this._status = change.status === undefined ? this._status : change.status;
    this._revision += 1;
    this.changed.emit();
  }

  private _cancelled = new AbortController();
  private _error: ApiError | null = null;
  private _isBusy = false;
  private _revision = 0;
  private _status: IStatus | null = null;
  private _values: V;
}

/** There from the start, so that screen readers tell what comes. */
function Status({ status }: { status: IStatus | null }): JSX.Element {
  return (
    <div className="gd-Form-status" aria-live="polite">
      {status && (
        <>
          <p>{status.words}</p>
          <ProgressBar label={status.words} value={status.done} />
        </>
      )}
    </div>
  );
}

function Body<V extends object, R>({ body }: { body: FormBody<V, R> }): JSX.Element {
  const subscribe = useCallback(
    (slot: () => void) => {
      body.changed.connect(slot);
      return () => {
        body.changed.disconnect(slot);
      };
    },
    [body]
  );
  useSyncExternalStore(subscribe, () => body.revision);
  return <>{body.draw()}</>;
}
