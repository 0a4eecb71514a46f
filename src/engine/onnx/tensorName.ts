import type { Port } from '../graph/port.ts';

/**
 * The name of a model's input or output.
 * @param standard whether the model leaves the program: its names are the user's then. In others they begin with the role, since an
 *   input and an output may be called alike.
 */
export function tensorName(port: Port, standard: boolean): string {
  switch (port.kind) {
    case 'input':
    case 'output':
      return standard ? port.name : `${port.kind}.${port.name}`;
    case 'draw':
      return standard ? `noise${port.index}` : `draw.${port.index}`;
    case 'part':
      return `${tensorName(port.whole, standard)}/${port.index}`;
    default:
      return `${port.kind}.${port.index}`;
  }
}
