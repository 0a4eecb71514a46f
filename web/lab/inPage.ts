import { inBrowser } from 'vitepress';
import { type Component, defineAsyncComponent } from 'vue';
import PageProblem from './PageProblem.vue';

/** A component that only browsers load, and after the page; if it does not come, the page says so. */
export function inPage(loader: () => Promise<Component>): Component {
  return inBrowser ? defineAsyncComponent({ loader, errorComponent: PageProblem }) : () => null;
}
