/** A menu at a button or the pointer; keys work as in all of JupyterLab's menus. */

import { MenuSvg } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import type { Menu } from '@lumino/widgets';

interface IMenuItem {
  label: string;
  run: () => void;
}

/** A line of a menu: something to do, more of them behind a label, or a line between groups. */
export type MenuEntry = IMenuItem | { label: string; items: readonly IMenuItem[] } | 'separator';

/** Open a menu; when it closes without anything done, `opener` has the focus again. */
export function openMenu(
  entries: readonly MenuEntry[],
  at: { x: number; y: number },
  opener: HTMLElement
): void {
  const commands = new CommandRegistry();
  const menu = new MenuSvg({ commands });
  let next = 0;
  const add = (to: Menu, { label, run }: IMenuItem): void => {
    const command = `item-${next++}`;
    commands.addCommand(command, { label, execute: run });
    to.addItem({ command });
  };
  for (const entry of entries) {
    if (entry === 'separator') {
      menu.addItem({ type: 'separator' });
    } else if ('items' in entry) {
      const submenu = new MenuSvg({ commands });
      submenu.title.label = entry.label;
      entry.items.forEach(item => add(submenu, item));
      menu.addItem({ type: 'submenu', submenu });
    } else {
      add(menu, entry);
    }
  }
  menu.aboutToClose.connect(() => {
    opener.focus();
    // A chosen command runs after this signal.
    window.setTimeout(() => menu.dispose());
  });
  menu.open(at.x, at.y);
}
