import DefaultTheme from 'vitepress/theme-without-fonts';
import './lab.css';

export default DefaultTheme;
