/** What a check of a bucket found. */

import { checkIcon, errorIcon } from '@jupyterlab/ui-components';
import React from 'react';
import type { ProviderCheck } from '../api/types';
import { useTrans } from '../context';

export function CheckResult({ check }: { check: ProviderCheck }): JSX.Element {
  const trans = useTrans();
  const Icon = check.ok ? checkIcon : errorIcon;
  return (
    <div className={`gd-CheckResult gd-mod-${check.ok ? 'ok' : 'failed'}`}>
      <p>
        <Icon.react tag="span" className="gd-CheckResult-icon" aria-hidden="true" />
        {check.summary}
      </p>
      {check.hint && <p className="gd-CheckResult-remark">{check.hint}</p>}
      {check.steps.length > 1 && (
        <details open={!check.ok}>
          <summary>{trans.__('What was tried')}</summary>
          <ul>
            {check.steps.map(({ name, ok, required, remark }) => (
              <li key={name}>
                <strong>{name}</strong>{' '}
                {ok
                  ? trans.__('works')
                  : required
                    ? trans.__('fails')
                    : trans.__('is missing, but not needed')}
                {remark && <span className="gd-CheckResult-remark"> {remark}</span>}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
