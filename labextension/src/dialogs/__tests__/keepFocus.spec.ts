/** The focus stays in a dialog whatever happens to what had it. */

import { waitFor } from '@testing-library/dom';
import { keepFocus } from '../keepFocus';

/** An area with a field, and a button beside it. */
function show(): Record<'area' | 'rest' | 'outside', HTMLElement> & { field: HTMLInputElement } {
  const outside = document.createElement('button');
  const area = document.createElement('div');
  const rest = document.createElement('section');
  const field = document.createElement('input');
  rest.tabIndex = -1;
  rest.append(field);
  area.append(rest);
  document.body.replaceChildren(outside, area);
  return { area, rest, field, outside };
}

it('comes back to a field that was disabled for a while', async () => {
  const { area, rest, field } = show();
  keepFocus(area, rest);
  field.focus();
  field.disabled = true;
  await waitFor(() => expect(document.activeElement).toBe(rest));
  field.disabled = false;
  await waitFor(() => expect(document.activeElement).toBe(field));
});

it('stays inside when what had it is gone', async () => {
  const { area, rest, field } = show();
  keepFocus(area, rest);
  field.focus();
  field.remove();
  await waitFor(() => expect(document.activeElement).toBe(rest));
});

it('is left alone where the user has put it, and when all is over', async () => {
  const { area, rest, field, outside } = show();
  const end = keepFocus(area, rest);
  outside.focus();
  field.disabled = true;
  await new Promise(resolve => setTimeout(resolve));
  expect(document.activeElement).toBe(outside);
  end();
  outside.remove();
  field.remove();
  await new Promise(resolve => setTimeout(resolve));
  expect(document.activeElement).toBe(document.body);
});
