export { type Shown, amended } from '../../kit/amended';
