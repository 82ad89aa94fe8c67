/** How it is with the server, above the sections: nothing while all is well. */

import React from 'react';
import { ErrorMessage } from '../components/states';
import { UseSignal, useApp } from '../context';
import { MissingServer } from '../integration/missing';

export function ConnectionState(): JSX.Element {
  const { connection, trans } = useApp();
  return (
    <UseSignal signal={connection.changed}>
      {() => (
        <>
          <div role="status">
            {connection.state === 'lost' && (
              <p className="gd-Banner">{trans.__('The server is not answering. Trying again…')}</p>
            )}
          </div>
          {connection.state === 'missing' && <MissingServer />}
          {connection.state === 'failed' && (
            <ErrorMessage error={connection.error} onRetry={() => connection.refresh()} />
          )}
        </>
      )}
    </UseSignal>
  );
}
