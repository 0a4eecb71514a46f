const labels: Readonly<Record<string, string>> = { crossq: 'CrossQ', 'soft-q-learning': 'soft Q-learning' };

/** An agent's name in a sentence: `PPO`, `QR-DQN`. */
export function agentLabel(agent: string): string {
  return labels[agent] ?? agent.toUpperCase();
}
