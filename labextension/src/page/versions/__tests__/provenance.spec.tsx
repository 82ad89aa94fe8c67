import { fireEvent, render, screen } from '@testing-library/react';
import React from 'react';
import { CommandIDs } from '../../../tokens';
import { fake, version, type IFake } from '../../__tests__/fakes';
import { VersionDetails } from '../versionDetails';

const INPUT = { reference: 'raw:latest', dataset: 'ds00000000000bb', version: 'rrrrr01' };
const HASH = '12'.repeat(32);
const WHOLE = {
  notebook: 'work/train.ipynb',
  notebook_hash: HASH,
  kernel: { name: 'python3', python: '3.12.1' },
  packages: { pandas: '2.2.0', numpy: '1.26.4' },
  inputs: [{ ...INPUT, root: 'cd', path: '/inputs/raw' }]
};

function show(metadata: Record<string, unknown>): IFake {
  const shown = fake({});
  const one = version(1, { metadata: metadata as never });
  render(<VersionDetails version={one} />, { wrapper: shown.Wrapper });
  return shown;
}

describe('provenance of a version', () => {
  it('has notebook, kernel, packages and links to inputs', () => {
    const { app } = show({ provenance: WHOLE, source: 'camera' });
    const done: unknown[] = [];
    app.commands.addCommand(CommandIDs.open, { execute: args => done.push(args) });
    expect(screen.getByText('Made by train.ipynb')).toBeTruthy();
    expect(screen.getByText('work/train.ipynb')).toBeTruthy();
    expect(screen.getByText(`${HASH.slice(0, 16)}…`)).toBeTruthy();
    expect(screen.getByText('python3, Python 3.12.1')).toBeTruthy();
    expect(screen.getByText('camera')).toBeTruthy();
    expect(screen.queryByText('provenance')).toBeNull();
    fireEvent.click(screen.getByText('raw:latest (rrrrr01)'));
    expect(done).toEqual([{ dataset: 'ds00000000000bb', version: 'rrrrr01', tab: 'files' }]);
  });

  it('finds packages', () => {
    show({ provenance: WHOLE });
    expect(screen.getByText('2 packages')).toBeTruthy();
    const list = (): string | null =>
      screen.getByRole('list', { name: 'Packages', hidden: true }).textContent;
    expect(list()).toBe('numpy 1.26.4pandas 2.2.0');
    const search = screen.getByRole('searchbox', { hidden: true });
    fireEvent.change(search, { target: { value: ' PAN' } });
    expect(list()).toBe('pandas 2.2.0');
    fireEvent.change(search, { target: { value: 'torch' } });
    expect(screen.getByText('No package matches “torch”.')).toBeTruthy();
  });

  it.each([
    ['by hand', '"by hand"'],
    [['a'], '["a"]'],
    [null, 'null'],
    [{ tool: 'make' }, '{"tool":"make"}'],
    [{ notebook: 5, packages: 'many', kernel: [], inputs: { a: 1 } }, null],
    [{ packages: { a: null, b: { c: 1 } }, inputs: [null, 'x', {}, { reference: 'a:b' }] }, null],
    [{ inputs: [{ dataset: 'ds1', version: 'v' }], notebook: { a: 1 } }, null]
  ])('shows %j, too', (provenance, json) => {
    show({ provenance });
    expect(screen.queryAllByText(/^(Provenance|Made by 5)$/)).toHaveLength(json === null ? 1 : 0);
    if (json !== null) {
      expect(screen.getByText(json.replace(/^"|"$/g, ''))).toBeTruthy();
    }
  });
});
