import { NotebookLocks } from '../locks';
import { NotebookLock } from '../notebookLock';
import { entry, FakeContext, FakeKernel, lockOf, settled } from './helpers';

const FLOWERS = lockOf(entry());
const WEATHER = entry({
  reference: 'weather',
  dataset: 'ds0000000000002',
  dataset_name: 'weather'
});

function open(context = new FakeContext()): {
  context: FakeContext;
  lock: NotebookLock;
  kernel: FakeKernel;
} {
  const kernel = context.sessionContext.start(new FakeKernel());
  const lock = new NotebookLocks().add(context.panel());
  return { context, lock, kernel };
}

describe('NotebookLock', () => {
  it('keeps what the kernel sends in the metadata, beside what is there', async () => {
    const { context, lock, kernel } = open();
    context.model.setMetadata('gradient', { mine: 1 });
    context.model.dirty = false;
    expect(kernel.targets).toEqual(['gradient.lock']);
    kernel.open({ lock: FLOWERS });
    await settled();
    expect(context.held).toEqual({ mine: 1, lock: FLOWERS });
    expect(context.model.dirty).toBe(true);
    expect(lock.entries).toEqual([entry()]);

    const both = lockOf(entry(), WEATHER);
    kernel.say({ lock: both });
    await settled();
    expect(context.held).toEqual({ mine: 1, lock: both });
  });

  it('leaves the notebook as it is when nothing is new, or it is no lock of ours', async () => {
    const { context, kernel } = open();
    kernel.open({ lock: FLOWERS });
    await settled();
    context.model.dirty = false;
    kernel.say({ lock: FLOWERS });
    kernel.say({ lock: { format: 2, datasets: [] } });
    kernel.say({ lock: lockOf({ ...entry(), version: 5 as unknown as string }) });
    kernel.say({ lock: 'x' });
    kernel.say({});
    kernel.say({ lock: lockOf(WEATHER) }, 'another comm');
    kernel.open({ lock: lockOf(WEATHER) }, 'jupyter.widget', 'w');
    await settled();
    expect(context.held).toEqual({ lock: FLOWERS });
    expect(context.model.dirty).toBe(false);
  });

  it('does not begin a lock to say that there is nothing in it', async () => {
    const { context, kernel } = open();
    kernel.open({ lock: lockOf() });
    await settled();
    expect(context.held).toBeUndefined();
    expect(context.model.dirty).toBe(false);
  });

  it('follows a kernel to the next, and listens no more to the one before', async () => {
    const { context, kernel } = open();
    const next = context.sessionContext.start(new FakeKernel());
    expect(next.targets).toEqual(['gradient.lock']);
    kernel.open({ lock: lockOf(WEATHER) });
    await settled();
    expect(context.held).toBeUndefined();
    next.open({ lock: FLOWERS });
    await settled();
    expect(context.held).toEqual({ lock: FLOWERS });
  });

  it('hears of a comm that was opened before the page was loaded', async () => {
    const context = new FakeContext();
    const kernel = context.sessionContext.start(new FakeKernel(['old']));
    new NotebookLocks().add(context.panel());
    await settled();
    kernel.say({ lock: FLOWERS }, 'old');
    await settled();
    expect(context.held).toEqual({ lock: FLOWERS });
  });

  it('does not ask to save what cannot be saved', async () => {
    const context = new FakeContext();
    context.contentsModel = { writable: false };
    const { kernel, lock } = open(context);
    kernel.open({ lock: FLOWERS });
    await settled();
    expect(lock.entries).toEqual([entry()]);
    expect(context.model.dirty).toBe(false);
  });

  it('does nothing for a notebook that was closed meanwhile', async () => {
    const { context, lock, kernel } = open();
    kernel.open({ lock: FLOWERS });
    context.close();
    kernel.say({ lock: FLOWERS });
    await settled();
    expect(lock.isDisposed).toBe(true);
  });

  it('tells the kernel what the user has changed, and that it is later', async () => {
    const { context, lock, kernel } = open();
    kernel.open({ lock: FLOWERS });
    await settled();
    lock.setEntries([WEATHER]);
    const wanted = { format: 1, changes: 2, datasets: [WEATHER] };
    expect(context.held).toEqual({ lock: wanted });
    expect(kernel.sent.map(({ content }) => content)).toEqual([
      { comm_id: 'c', data: { lock: wanted } }
    ]);
    lock.setEntries([]);
    expect(context.held).toEqual({ lock: { ...wanted, changes: 3, datasets: [] } });
  });

  it('goes by what the notebook has when the kernel does not know it', async () => {
    const { context, kernel } = open();
    const held = { ...FLOWERS, changes: 5 };
    context.model.setMetadata('gradient', { lock: held });
    const moved = { ...entry(), reference: 'flowers:latest', version: 'other01' };
    kernel.open({ lock: lockOf(moved, WEATHER) });
    await settled();
    const wanted = { ...held, changes: 6, datasets: [entry(), WEATHER] };
    expect(context.held).toEqual({ lock: wanted });
    expect(kernel.sent.map(({ content }) => content)).toEqual([
      { comm_id: 'c', data: { lock: wanted } }
    ]);
  });

  it('knows the lock of a notebook that was executed without a browser', async () => {
    const context = new FakeContext();
    const state = { gradient_lock: { ...FLOWERS, changes: 7 } };
    context.model.setMetadata('widgets', {
      'application/vnd.jupyter.widget-state+json': { state: { a: { state }, b: { state: {} } } }
    });
    context.model.setMetadata('gradient', { lock: lockOf(WEATHER) });
    const { lock } = open(context);
    await settled();
    expect(lock.entries).toEqual([entry()]);
  });

  it('forgets what was found of other entries', async () => {
    const { lock, kernel } = open();
    kernel.open({ lock: FLOWERS });
    await settled();
    const report = { entries: 1, files: 5, bytes_read: 9000, problems: [] };
    lock.setProof({ report, time: '2026-01-01T00:00:00Z' });
    lock.setRestored([{ entry: entry(), state: 'ready', newer: null, error: null }]);
    kernel.say({ lock: FLOWERS });
    await settled();
    expect(lock.proof?.report).toBe(report);
    kernel.say({ lock: lockOf(WEATHER) });
    await settled();
    expect([lock.proof, lock.restored]).toEqual([null, []]);
  });
});

describe('NotebookLocks', () => {
  it('has one lock for all views of a notebook, until that is closed', async () => {
    const locks = new NotebookLocks();
    const context = new FakeContext();
    const opened: NotebookLock[] = [];
    const seen: (NotebookLock | null)[] = [];
    locks.opened.connect((_, lock) => opened.push(lock));
    locks.changed.connect(() => seen.push(locks.current));
    locks.setCurrent(context.panel());
    locks.setCurrent(context.panel());
    locks.add(context.panel());
    expect(opened).toHaveLength(1);
    expect(seen).toEqual(opened);
    context.close();
    expect(locks.current).toBeNull();
    expect(seen).toEqual([...opened, null]);
  });
});
