/** The panel: one section below the other. */

import { SidePanel } from '@jupyterlab/ui-components';
import React from 'react';
import { AppWidget } from '../context';
import type { IGradientData } from '../tokens';
import { DatasetsSection } from './datasets';

export class DatasetsPanel extends SidePanel {
  constructor(app: IGradientData) {
    super({ translator: app.translator });
    this.addClass('gd-Panel');
    const datasets = new AppWidget(app, () => <DatasetsSection />);
    datasets.title.label = app.trans.__('Datasets');
    this.addWidget(datasets);
  }
}
