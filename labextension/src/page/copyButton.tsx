/** A button that copies a text, and says so. */

import { Clipboard } from '@jupyterlab/apputils';
import { checkIcon, copyIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useState } from 'react';
import { Button, IconButton } from '../components/buttons';
import { useTrans } from '../context';

const SHOWN = 2_000; // milliseconds

/** Without `children` it is an icon with `label` as its name. */
export function CopyButton(props: { text: string; label: string; children?: string }): JSX.Element {
  const trans = useTrans();
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (isDone) {
      const timer = window.setTimeout(() => setDone(false), SHOWN);
      return () => window.clearTimeout(timer);
    }
  }, [isDone]);
  const copy = (): void => {
    Clipboard.copyToSystem(props.text);
    setDone(true);
  };
  const icon = isDone ? checkIcon : copyIcon;
  return (
    <>
      {props.children === undefined ? (
        <IconButton icon={icon} label={props.label} onClick={copy} />
      ) : (
        <Button icon={icon} aria-label={props.label} onClick={copy}>
          {props.children}
        </Button>
      )}
      <span className="gd-visuallyHidden" role="status">
        {isDone ? trans.__('Copied') : ''}
      </span>
    </>
  );
}
