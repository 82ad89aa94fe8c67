import { act, fireEvent, render, screen } from '@testing-library/react';
import type { AccordionPanel } from '@lumino/widgets';
import React from 'react';
import { fakeApp } from '../../__tests__/fakeApp';
import { ApiError } from '../../api/request';
import { AppProvider } from '../../context';
import { ConnectionState } from '../connectionState';
import { DatasetsPanel } from '../panel';

describe('ConnectionState', () => {
  it('says what is wrong with the server, and nothing while all is well', () => {
    const { app, connection } = fakeApp();
    render(
      <AppProvider app={app}>
        <ConnectionState />
      </AppProvider>
    );
    const status = screen.getByRole('status');
    expect(status.textContent).toBe('');
    act(() => connection.become('lost'));
    expect(status.textContent).toBe('The server is not answering. Trying again…');
    act(() => connection.become('missing'));
    expect(status.textContent).toBe('');
    expect(screen.getByText('pip install jupyter-gradient-data')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Look again' }));
    expect(connection.refreshed).toBe(1);
    act(() =>
      connection.become('failed', new ApiError('http_500', 'It broke.', 'Look at it.', 500))
    );
    expect(screen.getByRole('alert').textContent).toContain('It broke.');
    act(() => connection.become('ok'));
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

describe('DatasetsPanel', () => {
  it('keeps its sections while the server is away, but not where its part is missing', () => {
    const { app, connection } = fakeApp();
    const panel = new DatasetsPanel(app);
    connection.become('lost');
    expect(panel.content.isHidden).toBe(false);
    connection.become('missing');
    expect(panel.content.isHidden).toBe(true);
    connection.become('ok');
    expect(panel.content.isHidden).toBe(false);
    connection.info = null; // it has never answered
    connection.become('lost');
    expect(panel.content.isHidden).toBe(true);
    panel.dispose();
  });

  it('has uploads only while there are any, and public datasets as the settings say', async () => {
    const { app, uploads } = fakeApp();
    const panel = new DatasetsPanel(app);
    const titles = (): string => panel.widgets.map(({ title }) => title.label).join();
    expect(titles()).toBe('Datasets,Mounted,Notebook Data,Storage,Public,Trash');
    const accordion = panel.content as AccordionPanel;
    const trash = (): string | null =>
      accordion.titles[panel.widgets.findIndex(({ id }) => id === 'gd-trash')].getAttribute(
        'aria-expanded'
      );
    expect(trash()).toBe('false');
    uploads.set({ id: '1', state: 'running' });
    await app.settings.set('showPublic', false);
    expect(titles()).toBe('Datasets,Mounted,Notebook Data,Storage,Trash,Uploads');
    expect(trash()).toBe('false');
    uploads.set();
    await app.settings.set('showPublic', true);
    expect(titles()).toBe('Datasets,Mounted,Notebook Data,Storage,Public,Trash');
    panel.dispose();
  });
});
