import { renderHook, waitFor } from '@testing-library/react';
import { fake, page, version } from '../../page/__tests__/fakes';
import { useVersions } from '../live';

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
