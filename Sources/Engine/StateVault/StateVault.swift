// StateVault
