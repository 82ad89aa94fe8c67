/** One section of the panel: a title that opens and closes it, with buttons, and its content. */

import { Toolbar, ToolbarButton, type LabIcon } from '@jupyterlab/ui-components';
import { AppWidget } from '../context';
import type { IGradientData } from '../tokens';

export class Section extends AppWidget implements Toolbar.IWidgetToolbar {
  readonly toolbar = new Toolbar();

  constructor(app: IGradientData, id: string, label: string, render: () => JSX.Element) {
    super(app, render);
    this.id = id;
    this.addClass('gd-Section');
    this.title.label = label;
    this.toolbar.node.setAttribute('aria-label', app.trans.__('Actions for %1', label));
  }

  /** Put a button into its title. */
  addButton(name: string, icon: LabIcon, tooltip: string, onClick: () => void): void {
    this.toolbar.addItem(name, new ToolbarButton({ icon, tooltip, onClick }));
  }
}
