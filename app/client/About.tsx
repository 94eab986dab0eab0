/** What this app is, for a learner who clicks "Sobre a Bia". */
export function About() {
  return (
    <article className="card about">
      <h1>Sobre a Bia</h1>
      <p>
        A Bia é uma lista de tarefas pequena de propósito: uma página em React e uma API em Node, juntas em uma imagem
        de contêiner, e um banco PostgreSQL ao lado.
      </p>
      <p>
        Ela existe para ser levada à AWS. Rode-a na sua máquina, publique a imagem no ECR, coloque-a no ECS atrás de um
        balanceador de carga e ligue-a ao RDS. A versão no rodapé mostra qual deploy respondeu.
      </p>
      <p>
        <a href="/">Voltar para as tarefas</a>
      </p>
    </article>
  );
}
