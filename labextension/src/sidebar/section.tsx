/** One section of the panel: a title that opens and closes it, with buttons, and its content. */

import { ReactWidget, Toolbar, type LabIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { IconButton } from '../components/buttons';
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
  addButton(icon: LabIcon, label: string, onClick: () => void): void {
    const button = <IconButton icon={icon} label={label} onClick={onClick} />;
    this.toolbar.addItem(label, ReactWidget.create(button));
  }
}
