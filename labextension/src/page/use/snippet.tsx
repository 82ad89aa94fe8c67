/** A piece of code to copy, or to put into a notebook. */

import { addIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import React, { useEffect, useId, useReducer, type ReactNode } from 'react';
import { Button } from '../../components/buttons';
import { useApp, useTrans } from '../../context';
import { CommandIDs } from '../../tokens';
import { CopyButton } from '../copyButton';

export function Snippet(props: {
  title: string;
  help: string;
  text: string;
  isForNotebook?: boolean;
  /** What has to be done first. */
  children?: ReactNode;
}): JSX.Element {
  const trans = useTrans();
  const { title, help, text, isForNotebook, children } = props;
  const id = useId();
  return (
    <section className="gd-Snippet" aria-labelledby={id}>
      <header className="gd-Snippet-head">
        <h3 id={id}>{title}</h3>
        <p>{help}</p>
        {children}
        <CopyButton text={text} label={trans.__('Copy %1', title)}>
          {trans.__('Copy')}
        </CopyButton>
        {isForNotebook && <Insert text={text} title={title} />}
      </header>
      <pre tabIndex={0} aria-label={trans.__('Snippet: %1', title)}>
        <code>{text}</code>
      </pre>
    </section>
  );
}

/** Into the notebook that was used last; a new one where none is open. */
function Insert({ text, title }: { text: string; title: string }): JSX.Element | null {
  const app = useApp();
  const { commands, trans } = app;
  useCommand(commands, CommandIDs.insertSnippet);
  if (!commands.hasCommand(CommandIDs.insertSnippet)) {
    return null;
  }
  const canInsert = commands.isEnabled(CommandIDs.insertSnippet, { text });
  return (
    <>
      <Button
        icon={addIcon}
        aria-label={trans.__('Insert %1 into the notebook', title)}
        aria-disabled={!canInsert}
        title={commands.caption(CommandIDs.insertSnippet, { text })}
        onClick={() => canInsert && void app.commands.execute(CommandIDs.insertSnippet, { text })}
      >
        {trans.__('Insert into notebook')}
      </Button>
      {!canInsert && (
        <Button
          aria-label={trans.__('New notebook with %1', title)}
          onClick={() => void app.commands.execute(CommandIDs.insertSnippet, { text, isNew: true })}
        >
          {trans.__('New notebook with this')}
        </Button>
      )}
    </>
  );
}

/** Draw again when a command is enabled or disabled. */
function useCommand(commands: CommandRegistry, id: string): void {
  const [, redraw] = useReducer((tick: number) => tick + 1, 0);
  useEffect(() => {
    const slot = (_: CommandRegistry, change: CommandRegistry.ICommandChangedArgs): void => {
      if (change.id === id || change.type === 'many-changed') {
        redraw();
      }
    };
    commands.commandChanged.connect(slot);
    return () => {
      commands.commandChanged.disconnect(slot);
    };
  }, [commands, id]);
}
