/** The panel: how it is with the server, and one section below the other. */

import { addIcon, refreshIcon, SidePanel } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type { AccordionPanel, Widget } from '@lumino/widgets';
import React from 'react';
import { AppWidget } from '../context';
import { CommandIDs, type IGradientData } from '../tokens';
import { UploadsView } from '../uploads/uploadsView';
import { ConnectionState } from './connectionState';
import { DatasetsSection } from './datasets';
import { MountedSection } from './mounted';
import { NotebookDataSection } from './notebookData';
import { PublicSection } from './public';
import { Section } from './section';
import { StorageSection } from './storage';
import { TrashSection } from './trash';

/** Heights that sections have at first, in parts. */
const HEIGHTS: Record<string, number> = {
  'gd-datasets': 5,
  'gd-mounted': 5,
  'gd-notebook-data': 3,
  'gd-storage': 3,
  'gd-public': 4,
  'gd-trash': 2,
  'gd-uploads': 2
};

export class DatasetsPanel extends SidePanel {
  constructor(private _app: IGradientData) {
    super({ translator: _app.translator });
    const { connection, settings, trans, uploads } = _app;
    this.addClass('gd-Panel');
    this._state.addClass('gd-Panel-state');
    this.header.addWidget(this._state);
    this._public = new Section(_app, 'gd-public', trans.__('Public'), () => <PublicSection />);
    this._trash = new Section(_app, 'gd-trash', trans.__('Trash'), () => <TrashSection />);
    this._uploads = new Section(_app, 'gd-uploads', trans.__('Uploads'), () => <UploadsView />);
    this._data = new Section(_app, 'gd-notebook-data', trans.__('Notebook Data'), () => (
      <NotebookDataSection />
    ));
    this._first = [this._datasets(), this._mounted(), this._data, this._storage()];

    this._arrange();
    const closed = [this._public, this._trash].filter(({ parent }) => parent !== null);
    closed.forEach(section => this._accordion.collapse(this.widgets.indexOf(section)));
    this._share();
    this._accordion.expansionToggled.connect(this._onToggled, this);
    settings.changed.connect(this._arrange, this);
    uploads.changed.connect(this._arrange, this);
    connection.changed.connect(this._onConnection, this);
    this._onConnection();
  }

  /** Open the trash, and go to it. */
  showTrash(): void {
    this._show(this._trash);
  }

  /** The same with the data of the notebook that is used. */
  showNotebookData(): void {
    this._show(this._data);
  }

  /** Opened by its shortcut or the palette: keys go on in here. */
  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    if (!this.node.contains(document.activeElement)) {
      const first = this.content.isHidden
        ? this._state.node.querySelector<HTMLElement>('button')
        : this._first[0].node.querySelector<HTMLElement>('input'); // others may be in sections that are closed
      (first ?? this._accordion.titles[0]).focus();
    }
  }

  /** A section that was closed from the start has no height of its own when it is first opened. */
  private _onToggled(_: AccordionPanel, index: number): void {
    const section = this.widgets[index];
    if (!section.isHidden && !this._opened.has(section)) {
      this._opened.add(section);
      this._share();
    }
  }

  private _show(section: Section): void {
    const index = this.widgets.indexOf(section);
    this._accordion.expand(index);
    this._accordion.titles[index].focus();
  }

  private _share(): void {
    this.widgets.filter(({ isHidden }) => !isHidden).forEach(one => this._opened.add(one));
    this._accordion.setRelativeSizes(this.widgets.map(({ id }) => HEIGHTS[id]));
  }

  private get _accordion(): AccordionPanel {
    return this.content as AccordionPanel;
  }

  /** What was seen stays while the server is away; what has never been seen is not announced. */
  private _onConnection(): void {
    const { state, info } = this._app.connection;
    const isHidden = state === 'missing' || (info === null && state !== 'connecting');
    this.content.setHidden(isHidden);
    this.toggleClass('gd-mod-replaced', isHidden);
  }

  /** Have the sections that are wanted now, in their order; also for who goes through them by keys. */
  private _arrange(): void {
    const { settings, uploads } = this._app;
    const wanted = [
      ...this._first,
      ...(settings.get('showPublic') ? [this._public] : []),
      this._trash,
      // The last one, so that JupyterLab finds the others in their places after a reload.
      ...(uploads.all.length > 0 ? [this._uploads] : [])
    ];
    const changed = wanted.findIndex((section, index) => this.widgets[index] !== section);
    const from = changed < 0 ? wanted.length : changed;
    const isClosed = new Map(this.widgets.map(section => [section, section.isHidden]));
    for (const section of this.widgets.slice(from)) {
      section.parent = null;
    }
    for (const section of wanted.slice(from)) {
      section.show(); // the title that is made for it is that of an open one
      this.addWidget(section);
      if (isClosed.get(section)) {
        this._accordion.collapse(this.widgets.indexOf(section));
      }
    }
  }

  private _datasets(): Section {
    const { commands, trans } = this._app;
    const section = new Section(this._app, 'gd-datasets', trans.__('Datasets'), () => (
      <DatasetsSection />
    ));
    section.addButton(addIcon, trans.__('New dataset'), () => {
      void commands.execute(CommandIDs.newDataset);
    });
    section.addButton(refreshIcon, trans.__('Refresh datasets'), () => {
      void commands.execute(CommandIDs.refresh);
    });
    return section;
  }

  private _mounted(): Section {
    const { commands, trans } = this._app;
    const section = new Section(this._app, 'gd-mounted', trans.__('Mounted'), () => (
      <MountedSection />
    ));
    section.addButton(addIcon, trans.__('Mount dataset'), () => {
      void commands.execute(CommandIDs.mount);
    });
    return section;
  }

  private _storage(): Section {
    const { commands, trans } = this._app;
    const section = new Section(this._app, 'gd-storage', trans.__('Storage'), () => (
      <StorageSection />
    ));
    section.addButton(addIcon, trans.__('Add storage provider'), () => {
      void commands.execute(CommandIDs.addProvider);
    });
    return section;
  }

  private _data: Section;
  private _first: readonly Section[];
  private _opened = new Set<Widget>();
  private _public: Section;
  private _state = new AppWidget(this._app, () => <ConnectionState />);
  private _trash: Section;
  private _uploads: Section;
}
