/** What to do while Jupyter answers but our server extension does not. */

import { Clipboard } from '@jupyterlab/apputils';
import { checkIcon, copyIcon } from '@jupyterlab/ui-components';
import React, { useState } from 'react';
import { Button, IconButton } from '../components/buttons';
import { EmptyState } from '../components/states';
import { useApp, useTrans } from '../context';
import { datasetsIcon } from '../icons';

const INSTALL = 'pip install jupyter-gradient-data';
const LIST = 'jupyter server extension list';

export function MissingServer(): JSX.Element {
  const { connection, trans } = useApp();
  return (
    <EmptyState icon={datasetsIcon} title={trans.__('The server part is missing')}>
      <p>
        {trans.__(
          'Datasets are kept by an extension of the Jupyter server, which does not have it. Install it in the environment where the Jupyter server runs, then start the server again:'
        )}
      </p>
      <Command text={INSTALL} />
      <p>{trans.__('If it is installed, see whether it is enabled:')}</p>
      <Command text={LIST} />
      <Button onClick={() => connection.refresh()}>{trans.__('Look again')}</Button>
    </EmptyState>
  );
}

function Command({ text }: { text: string }): JSX.Element {
  const trans = useTrans();
  const [isCopied, setCopied] = useState(false);
  return (
    <div className="gd-Command">
      <code>{text}</code>
      <IconButton
        icon={isCopied ? checkIcon : copyIcon}
        label={isCopied ? trans.__('Copied') : trans.__('Copy “%1”', text)}
        onClick={() => {
          Clipboard.copyToSystem(text);
          setCopied(true);
        }}
      />
    </div>
  );
}
