/** The menu of rows, as JupyterLab's menus look. */

import { MenuSvg, type LabIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';

export interface IMenuItem {
  label: string;
  icon?: LabIcon;
  /** The key that does the same, as JupyterLab writes keys. */
  key?: string;
  isEnabled?: boolean;
  execute: () => void;
}

/** Show groups of items at a point of the window; `onClose` is called when the menu goes, before an item acts. */
export function showMenu(
  groups: readonly (readonly IMenuItem[])[],
  x: number,
  y: number,
  onClose: () => void
): void {
  const commands = new CommandRegistry();
  const menu = new MenuSvg({ commands });
  groups.forEach((group, place) => {
    if (place > 0) {
      menu.addItem({ type: 'separator' });
    }
    for (const { label, icon, key, isEnabled, execute } of group) {
      commands.addCommand(label, { label, icon, isEnabled: () => isEnabled ?? true, execute });
      if (key) {
        commands.addKeyBinding({ command: label, keys: [key], selector: 'body' });
      }
      menu.addItem({ command: label });
    }
  });
  menu.aboutToClose.connect(() => {
    onClose();
    // Not before the item that was chosen has been run.
    setTimeout(() => menu.dispose());
  });
  menu.open(x, y);
}
