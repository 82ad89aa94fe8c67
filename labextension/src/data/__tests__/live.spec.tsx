import { renderHook, waitFor } from '@testing-library/react';
import { fake, page, version } from '../../page/__tests__/fakes';
import { keysOf, useVersions } from '../live';

describe('useVersions', () => {
  it('never shows the versions of one dataset as those of another', async () => {
    const { Wrapper } = fake({
      'GET /api/datasets/one/versions': page([version(1)]),
      'GET /api/datasets/two/versions': () => page([version(2)])
    });
    const { result, rerender } = renderHook(({ id }) => useVersions(id).data, {
      initialProps: { id: 'one' },
      wrapper: Wrapper
    });
    await waitFor(() => expect(result.current?.[0].version).toBe('vvvvv01'));

    rerender({ id: 'two' });
    expect(result.current).toBeUndefined();
    await waitFor(() => expect(result.current?.[0].version).toBe('vvvvv02'));
  });
});

describe('keysOf', () => {
  const kinds = (thing: 'dataset' | 'mount' | 'output' | 'public' | 'workspace'): string[] => {
    const matches = keysOf({ thing, action: 'changed', subject: 'default/flowers' });
    const all = ['datasets', 'mounts', 'outputs', 'public', 'workspace', 'volumes', 'tasks'];
    return all.filter(kind => matches([kind]));
  };

  it('looks at mounts again when a dataset changes, as there may be a newer version', () => {
    expect(kinds('dataset')).toEqual(['datasets', 'mounts', 'outputs']);
  });

  it('looks at nothing but what the notice is about', () => {
    expect(kinds('mount')).toEqual(['mounts']);
    expect(kinds('output')).toEqual(['outputs']);
    expect(kinds('public')).toEqual(['public']);
    expect(kinds('workspace')).toEqual(['workspace']);
  });
});
