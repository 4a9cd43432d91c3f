"""What the integration topics share: a World of processes in one folder, and small clients for what they speak."""
