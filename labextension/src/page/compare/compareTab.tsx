import React from 'react';
import type { ITab } from '../page';

export function CompareTab({ dataset }: ITab): JSX.Element {
  return <p>{dataset.name}</p>;
}
