import { fireEvent, render, screen } from '@testing-library/react';
import React, { useState } from 'react';
import { Tabs } from '../tabs';

const TABS = [
  { id: 'one', label: 'One' },
  { id: 'two', label: 'Two' }
] as const;

function Example(): JSX.Element {
  const [selected, setSelected] = useState<'one' | 'two'>('one');
  return (
    <Tabs label="Example" tabs={TABS} selected={selected} onSelect={setSelected}>
      panel {selected}
    </Tabs>
  );
}

describe('Tabs', () => {
  it('are moved through by arrow keys, and the panel is named by its tab', () => {
    render(<Example />);
    fireEvent.keyDown(screen.getByRole('tablist'), { key: 'ArrowLeft' });
    const second = screen.getByRole('tab', { name: 'Two', selected: true });
    expect(document.activeElement).toBe(second);
    expect(screen.getByRole('tabpanel', { name: 'Two' }).textContent).toBe('panel two');
    expect(screen.getByRole('tab', { name: 'One' }).tabIndex).toBe(-1);
  });
});
