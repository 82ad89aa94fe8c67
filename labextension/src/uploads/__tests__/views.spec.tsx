import './helpers';
import { MimeData } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import { nullTranslator } from '@jupyterlab/translation';
import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import React from 'react';
import { AppProvider } from '../../context';
import type { IGradientData } from '../../tokens';
import { DropZone } from '../dropZone';
import { Job } from '../job';
import { UploadsView } from '../uploadsView';
import { fileOf } from './helpers';

const REF = { dataset: 'ds1', version: 'v1' };

function setUp(): { app: IGradientData; jobs: Job[]; draw: () => void; calls: jest.Mock } {
  const jobs: Job[] = [];
  const calls = jest.fn();
  const changed = new Signal<object, void>({});
  const call =
    (name: string) =>
    (...rest: unknown[]): void => {
      calls(name, ...rest);
    };
  const uploads = {
    changed,
    get all() {
      return [...jobs];
    },
    add: call('add'),
    pause: call('pause'),
    resume: call('resume'),
    cancel: call('cancel'),
    retry: call('retry'),
    continueWith: call('continueWith'),
    dismiss: (id: string) => {
      jobs.splice(
        jobs.findIndex(job => job.id === id),
        1
      );
      changed.emit();
    }
  };
  const app = { uploads, trans: nullTranslator.load('') } as unknown as IGradientData;
  return { app, jobs, calls, draw: () => act(() => changed.emit()) };
}

function jobOf(id: string): Job {
  return new Job(id, REF, '', `flowers: ${id}`, () => undefined);
}

describe('UploadsView', () => {
  it('shows how far an upload is, and lets it be paused and cancelled', () => {
    const { app, jobs, calls, draw } = setUp();
    const job = jobOf('photos');
    jobs.push(job);
    job.expect(100);
    job.set('running');
    const { container } = render(
      <AppProvider app={app}>
        <UploadsView />
      </AppProvider>
    );
    const row = screen.getByRole('listitem', { name: 'flowers: photos' });
    expect(within(row).getByRole('progressbar').getAttribute('aria-valuenow')).toBe('0');
    expect(container.textContent).toContain('0 of 1 file · 0 of 100 B');
    fireEvent.click(within(row).getByRole('button', { name: 'Pause' }));
    job.set('paused');
    draw();
    fireEvent.click(within(row).getByRole('button', { name: 'Resume' }));
    fireEvent.click(within(row).getByRole('button', { name: 'Cancel' }));
    expect(calls.mock.calls).toEqual([
      ['pause', 'photos'],
      ['resume', 'photos'],
      ['cancel', 'photos']
    ]);
  });

  it('shows what failed, some of it when it is much, and tries one file again', () => {
    const { app, jobs, calls } = setUp();
    const job = jobOf('photos');
    jobs.push(job);
    for (let at = 0; at < 362; at++) {
      job.refuse(`${at}.jpg`, 1, { message: 'It is gone.', hint: '' }, true);
    }
    job.set('failed');
    render(
      <AppProvider app={app}>
        <UploadsView />
      </AppProvider>
    );
    expect(screen.getByRole('status').textContent).toBe(
      '362 files did not arrive; the others are there.'
    );
    screen.getByText('and 312 more');
    fireEvent.click(screen.getByRole('button', { name: 'Try 7.jpg again' }));
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(calls.mock.calls).toEqual([
      ['retry', 'photos', '7.jpg'],
      ['retry', 'photos']
    ]);
  });

  it('asks for permission after a reload', () => {
    const { app, jobs, calls } = setUp();
    const job = jobOf('photos');
    jobs.push(job);
    job.set('waiting', { waitsFor: 'permission' });
    render(
      <AppProvider app={app}>
        <UploadsView />
      </AppProvider>
    );
    fireEvent.click(screen.getByRole('button', { name: 'Continue' }));
    expect(calls).toHaveBeenCalledWith('continueWith', 'photos', null);
  });

  it('keeps the focus in the list when a row is dismissed', () => {
    const { app, jobs } = setUp();
    jobs.push(jobOf('one'), jobOf('two'));
    jobs.forEach(job => job.set('done'));
    render(
      <AppProvider app={app}>
        <UploadsView />
      </AppProvider>
    );
    const [first] = screen.getAllByRole('button', { name: 'Dismiss' });
    first.focus();
    fireEvent.click(first);
    expect(screen.queryByText('flowers: one')).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Dismiss' }));
  });
});

describe('DropZone', () => {
  function dropZone(onContents?: jest.Mock): { node: HTMLElement; onFiles: jest.Mock } {
    const onFiles = jest.fn();
    render(
      <DropZone target={{ onFiles, onContents }} words="Drop to add to images">
        <p>files</p>
      </DropZone>
    );
    return { node: screen.getByText('files'), onFiles };
  }

  /** Whether nobody took it. */
  function drag(node: HTMLElement, type: string, more: object): boolean {
    const event = new Event(type, { bubbles: true, cancelable: true });
    let isLeft = true;
    act(() => {
      isLeft = node.dispatchEvent(Object.assign(event, more));
    });
    return isLeft;
  }

  const files = {
    dataTransfer: {
      types: ['Files'],
      items: [{ kind: 'file', getAsFile: () => fileOf('rose.jpg', 'rose') }]
    }
  };
  const contents = { mimeData: new MimeData() };
  contents.mimeData.setData('application/x-jupyter-icontents', ['data/rose.jpg']);

  it('says where the files go while they hover, and takes them', () => {
    const { node, onFiles } = dropZone();
    drag(node, 'dragenter', files);
    screen.getByText('Drop to add to images');
    expect(drag(node, 'drop', files)).toBe(false);
    expect(screen.queryByText('Drop to add to images')).toBeNull();
    expect(onFiles.mock.calls[0][0].names).toEqual(['rose.jpg']);
  });

  it('leaves alone what is no file', () => {
    const { node, onFiles } = dropZone();
    const text = { dataTransfer: { types: ['text/plain'], items: [] } };
    drag(node, 'dragenter', text);
    expect(screen.queryByText('Drop to add to images')).toBeNull();
    expect(drag(node, 'drop', text)).toBe(true);
    expect(onFiles).not.toHaveBeenCalled();
  });

  it("takes paths of JupyterLab's file browser, where it may", () => {
    const onContents = jest.fn();
    expect(drag(dropZone(onContents).node, 'lm-drop', contents)).toBe(false);
    expect(onContents).toHaveBeenCalledWith(['data/rose.jpg']);
    cleanup();
    expect(drag(dropZone().node, 'lm-drop', contents)).toBe(true);
  });
});
