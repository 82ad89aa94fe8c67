/** What the kernel of a notebook says of its lock: it opens a comm and sends all of it with each change. */

import type { ISessionContext } from '@jupyterlab/apputils';
import { KernelMessage, type Kernel } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { parseLock, type ILock } from './format';

export const COMM_TARGET = 'gradient.lock';

/**
 * Listens to all messages of the kernel, rather than to comms: of several connections to one kernel, such as that of a
 * console, only one gets those, and none gets them of a comm that was opened before the page was loaded.
 */
export class KernelLock implements IDisposable {
  /** `onLock` is called with each lock that the kernel sends. */
  constructor(
    private _session: ISessionContext,
    private _onLock: (lock: ILock) => void
  ) {
    _session.kernelChanged.connect(this._connect, this);
    this._connect();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._session.kernelChanged.disconnect(this._connect, this);
    this._kernel?.iopubMessage.disconnect(this._onMessage, this);
    this._kernel = null;
  }

  /** Tell the kernel that its lock was changed here, if it has begun one. */
  send(lock: ILock): void {
    const kernel = this._kernel;
    const comm_id = [...this._comms].pop();
    if (kernel === null || kernel.isDisposed || comm_id === undefined) {
      return;
    }
    const message = KernelMessage.createMessage<KernelMessage.ICommMsgMsg<'shell'>>({
      msgType: 'comm_msg',
      channel: 'shell',
      username: kernel.username,
      session: kernel.clientId,
      content: { comm_id, data: { lock: lock as unknown as JSONObject } }
    });
    kernel.sendShellMessage(message, false, true);
  }

  private _connect(): void {
    const kernel = this._session.session?.kernel ?? null;
    if (kernel === this._kernel) {
      return;
    }
    this._kernel?.iopubMessage.disconnect(this._onMessage, this);
    this._kernel = kernel;
    this._comms.clear();
    if (kernel !== null) {
      // JupyterLab closes a comm whose target nobody has registered.
      kernel.registerCommTarget(COMM_TARGET, () => undefined);
      kernel.iopubMessage.connect(this._onMessage, this);
      void this._findComms(kernel);
    }
  }

  /** Those that were opened before: by a kernel that ran when this page was loaded. */
  private async _findComms(kernel: Kernel.IKernelConnection): Promise<void> {
    try {
      const { content } = await kernel.requestCommInfo({ target_name: COMM_TARGET });
      if (content.status === 'ok' && kernel === this._kernel) {
        Object.keys(content.comms).forEach(id => this._comms.add(id));
      }
    } catch {
      // The kernel is gone, or new: what it opens from now on is heard of.
    }
  }

  private _onMessage(_: Kernel.IKernelConnection, message: KernelMessage.IIOPubMessage): void {
    if (KernelMessage.isCommOpenMsg(message)) {
      if (message.content.target_name === COMM_TARGET) {
        this._comms.add(message.content.comm_id);
        this._read(message.content.data);
      }
    } else if (KernelMessage.isCommMsgMsg(message) && this._comms.has(message.content.comm_id)) {
      this._read(message.content.data);
    } else if (KernelMessage.isCommCloseMsg(message)) {
      this._comms.delete(message.content.comm_id);
    }
  }

  private _read({ lock }: JSONObject): void {
    const found = parseLock(lock);
    if (found !== null) {
      this._onLock(found);
    }
  }

  private _comms = new Set<string>();
  private _isDisposed = false;
  private _kernel: Kernel.IKernelConnection | null = null;
}
