/** Name, id, description and provider of a dataset. */

import React from 'react';
import type { Dataset } from '../api/types';

export function Header({ dataset }: { dataset: Dataset }): JSX.Element {
  return (
    <header className="gd-Header">
      <h2>{dataset.name}</h2>
    </header>
  );
}
